import { waitForStatus } from '../../../client-sdk/index.ts'
import { type OpenPage, toSighting } from './page.ts'

/** A page as we advise people to write it. */
export const openSdkPage: OpenPage = async ({ url, token, until, listener, signal }) => {
  try {
    const outcome = await waitForStatus({
      url,
      token,
      until,
      signal,
      onStatus: (view) => listener.told(toSighting(view), 0),
    })
    listener.resolved(toSighting(outcome))
  } catch (error) {
    if (!signal.aborted) listener.failed(String(error))
  }
}
