/** What a service worker's script runs in, as far as ours needs it: TypeScript knows either this or a page, not both at once. */
export interface WorkerScope {
  readonly registration: ServiceWorkerRegistration
  readonly clients: {
    matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly WindowClient[]>
    openWindow(url: string): Promise<unknown>
  }
  skipWaiting(): Promise<void>
  addEventListener<Name extends keyof WorkerEvents>(name: Name, listener: (event: WorkerEvents[Name]) => void): void
}

export interface WindowClient {
  readonly url: string
  focus(): Promise<unknown>
}

interface LastingEvent {
  /** The browser lets the worker live until this is done. */
  waitUntil(work: Promise<unknown>): void
}

export interface PushEvent extends LastingEvent {
  readonly data: { text(): string } | null
}

interface WorkerEvents {
  readonly install: LastingEvent
  readonly push: PushEvent
  readonly notificationclick: LastingEvent & { readonly notification: Notification }
}
