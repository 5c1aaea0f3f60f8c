import type { StepUpChallenge } from '../../client-sdk/index.ts'
import type { PageView } from '../../server/protocol/challenge.ts'
import type { Refusal, Step, Transfer } from '../bank/bank-api.ts'
import { centsOf, moneyOf } from '../money.ts'
import { cancelStepUp, isRefusal, pause, sendTransfer, startWay, verifyWay } from './bank-calls.ts'
import { NO_ANSWER, refusalText } from './refusal-texts.ts'
import type { ResultText } from './result-texts.ts'
import { byId } from './screen.ts'
import { toStep, waysOf } from './step-up-steps.ts'
import { transferText } from './transfer-texts.ts'
import { LAST_WORD_MS, type Proving, type WaitingScreen } from './waiting-screen.ts'

export interface TransferFlowOptions {
  readonly waiting: WaitingScreen
  readonly showWaiting: () => void
  readonly showResult: (text: ResultText) => void
}

/**
 * Sends money. The bank answers that this has to be approved first, and with what: then it is, on the page that waits, and
 * the very same request is repeated with the challenge's id.
 * @returns sends; answers with what went wrong before anybody was asked, if anything did
 */
export function createTransferFlow({ waiting, showWaiting, showResult }: TransferFlowOptions) {
  async function send(transfer: Transfer, approved?: string): Promise<string | undefined> {
    const answer = await sendTransfer(transfer, approved)
    if (isRefusal(answer)) return refusalText(answer)
    if ('_embedded' in answer) return ask(transfer, answer)
    byId<HTMLFormElement>('transfer-form').reset()
    showResult(transferText('sent', transfer))
    return undefined
  }

  /** Where there is but one way, it is taken. */
  async function ask(transfer: Transfer, challenge: StepUpChallenge): Promise<string | undefined> {
    const ways = waysOf(challenge)
    if (ways.length === 0) return refusalText({ outcome: 'noAuthenticators' })
    const proving = prove(transfer, challenge)
    const [only, ...others] = ways
    const choice: Step = { status: 'DEVICE_SELECTION_REQUIRED', ways }
    const first = only && others.length === 0 ? await proving.choose(only.id) : choice
    if (isRefusal(first)) return refusalText(first)
    showWaiting()
    waiting.begin({ waitToken: challenge.waitToken ?? '', ...first }, proving)
    return undefined
  }

  function prove(transfer: Transfer, challenge: StepUpChallenge): Proving {
    const { _id: id } = challenge
    const ways = waysOf(challenge)
    let asked = ''
    const step = (answer: Parameters<typeof toStep>[0] | Refusal) => (isRefusal(answer) ? answer : toStep(answer, ways))
    return {
      about: `${sumOf(transfer)} to ${transfer.payee}.`,
      question: { title: 'Approve the transfer', lead: 'Choose one of the ways that you have.' },
      async choose(way) {
        const answer = await startWay(id, way)
        if (!isRefusal(answer)) asked = way
        return step(answer)
      },
      checkCode: async (otp) => step(await verifyWay(id, asked, { otp })),
      checkAssertion: async (assertion) => step(await verifyWay(id, asked, { assertion })),
      cancel: () => cancelStepUp(id),
      finish: (view) => finish(transfer, id, view),
      lose: () => showResult(transferText('lost', transfer)),
    }
  }

  async function finish(transfer: Transfer, challenge: string, view: PageView): Promise<void> {
    const outcome = view.authentication?.status === 'FAILED' ? 'failed' : view.challengeStatus
    try {
      const [wrong] = await Promise.all([
        outcome === 'approved' ? send(transfer, challenge) : undefined,
        pause(LAST_WORD_MS),
      ])
      if (outcome !== 'approved') showResult(transferText(outcome, transfer))
      else if (wrong !== undefined) showResult({ ...transferText('refused', transfer), text: wrong })
    } catch {
      showResult(transferText('lost', transfer))
    }
  }

  return async (transfer: Transfer): Promise<string | undefined> => {
    try {
      return await send(transfer)
    } catch {
      return NO_ANSWER
    }
  }
}

/** As it will be shown everywhere. */
function sumOf({ amount }: Transfer): string {
  return moneyOf(centsOf(amount) ?? 0)
}
