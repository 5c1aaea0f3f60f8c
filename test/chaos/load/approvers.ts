import { type Approver, connectApprover } from '../../../client-sdk/index.ts'
import { DEVICES, type Device } from './plan-life.ts'
import type { Tokens } from './tokens.ts'

/** Everybody who may be asked, each at two devices. */
export class Approvers {
  readonly #connected = new Map<string, Approver>()

  constructor(url: string, tokens: Tokens, users: number) {
    for (let number = 0; number < users; number++) {
      for (const device of DEVICES) {
        const user = `user-${number}`
        const token = tokens.approver(user, device)
        this.#connected.set(`${user}/${device}`, connectApprover({ url, token, onPending: () => undefined }))
      }
    }
  }

  at(user: string, device: Device): Approver {
    const approver = this.#connected.get(`${user}/${device}`)
    if (!approver) throw new Error(`nobody is called ${user}`)
    return approver
  }

  close(): void {
    for (const approver of this.#connected.values()) approver.close()
  }
}
