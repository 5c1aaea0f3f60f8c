import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { onWake } from '../../client-sdk/on-wake.ts'

const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
const view = new EventTarget()
const listener = vi.fn()
let stop: () => void

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', page)
  vi.stubGlobal('window', view)
  page.visibilityState = 'visible'
  listener.mockReset()
  stop = onWake(listener)
})

afterEach(() => {
  stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it.each([
  ['visibilitychange', page],
  ['resume', page],
  ['pageshow', view],
  ['online', view],
])('wakes on %s', (sign, target) => {
  target.dispatchEvent(new Event(sign))
  expect(listener).toHaveBeenCalledOnce()
})

it('does not wake when the page is hidden', () => {
  page.visibilityState = 'hidden'
  page.dispatchEvent(new Event('visibilitychange'))
  expect(listener).not.toHaveBeenCalled()
})

it('does not take the pageshow at the end of loading for a waking', () => {
  view.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }))
  expect(listener).not.toHaveBeenCalled()
  view.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
  expect(listener).toHaveBeenCalledOnce()
})

it('wakes within half a second when a timer comes more than 5 s late', () => {
  vi.advanceTimersByTime(10_000)
  expect(listener).not.toHaveBeenCalled()
  vi.setSystemTime(Date.now() + 60_000)
  vi.advanceTimersByTime(500)
  expect(listener).toHaveBeenCalledOnce()
  vi.advanceTimersByTime(10_000)
  expect(listener).toHaveBeenCalledOnce()
})

it('leaves nothing behind', () => {
  stop()
  page.dispatchEvent(new Event('resume'))
  view.dispatchEvent(new Event('online'))
  expect(listener).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})

it('works where there is no page, or a window without events', () => {
  vi.unstubAllGlobals()
  onWake(listener)()
  vi.stubGlobal('window', {})
  onWake(listener)()
})
