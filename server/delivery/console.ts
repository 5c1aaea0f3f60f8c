import type { Carrier } from './delivery.ts'

/** Development: what would be sent is written down where the developer looks. */
export function consoleCarrier(write: (line: string) => void): Carrier {
  return {
    deliver: async ({ method, to, subject, text }) => {
      write(`${method} to ${to}: ${subject === undefined ? '' : `${subject}. `}${text}`)
    },
  }
}
