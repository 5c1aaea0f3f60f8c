/** Calls a listener of the application. One that throws is reported as uncaught, and does not disturb the connection. */
export function tell<Heard extends unknown[]>(
  listener: ((...heard: Heard) => void) | undefined,
  ...heard: Heard
): void {
  try {
    listener?.(...heard)
  } catch (error) {
    setTimeout(() => {
      throw error
    })
  }
}
