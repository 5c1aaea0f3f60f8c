import {
  type Approver,
  type ApproverOptions,
  type AssentError,
  type Connection,
  connectApprover,
} from '../../client-sdk/index.ts'
import type { ApprovalView } from '../../server/protocol/challenge.ts'
import type { Withdrawn } from '../../server/protocol/events.ts'
import { Recorder } from '../support/recorder.ts'

/** A person at a device, and everything they are told. */
export class ApproverSeat {
  readonly lists = new Recorder<readonly ApprovalView[]>()
  readonly requested = new Recorder<ApprovalView>()
  readonly withdrawn = new Recorder<Withdrawn>()
  readonly connections = new Recorder<Connection>()
  readonly errors = new Recorder<AssentError>()
  readonly approver: Approver

  constructor(url: string, options: Partial<ApproverOptions> = {}) {
    this.approver = connectApprover({
      url,
      token: 'an approver token',
      onPending: this.lists.listen,
      onRequested: this.requested.listen,
      onWithdrawn: this.withdrawn.listen,
      onConnection: this.connections.listen,
      onError: this.errors.listen,
      pollInterval: 100,
      ...options,
    })
  }

  /** Resolves once exactly these have been shown, by their ids. */
  shown(wanted: string): Promise<readonly ApprovalView[]> {
    return this.lists.until((approvals) => ids(approvals) === wanted)
  }

  connected(wanted: Connection): Promise<Connection> {
    return this.connections.until((connection) => connection === wanted)
  }
}

export function ids(approvals: readonly ApprovalView[]): string {
  return approvals.map(({ challenge }) => challenge).join(' ')
}
