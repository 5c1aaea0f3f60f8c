import type { Namespace, Socket } from 'socket.io'
import { z } from 'zod'
import { type Principal, quotaKey } from '../auth/principal.ts'
import { type ApproverRecord, isRevoked } from '../challenge/approver.ts'
import { acknowledgeDelivery, decide } from '../challenge/capabilities.ts'
import type { Approver } from '../challenge/challenge.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import { demandUnrevoked, presentApprover, toApprover } from '../challenge/demand-approver.ts'
import { challengeId, decision, deliveryBody, parse } from '../challenge/parse.ts'
import { acknowledge } from './acknowledge.ts'
import { type Admission, guard } from './admission.ts'
import { type ApproverGuest, type ApproverRoom, ApproverRooms, deviceRoomName } from './approver-rooms.ts'
import { atExpiry } from './at-expiry.ts'

interface Ticket {
  readonly principal: Principal
  readonly approver: Approver
  readonly room: ApproverRoom
}

const decideMessage = z.strictObject({ challenge: challengeId, ...decision })
const receivedMessage = deliveryBody.extend({ challenge: challengeId })

/** `/approving`: a person sees what is asked of them, and says approve or deny. */
export function serveApproving(namespace: Namespace, context: ChallengeContext, admission: Admission): void {
  const rooms = new ApproverRooms(context, namespace)

  const enter = guard<Ticket>(
    namespace,
    admission,
    async (socket, keep) => {
      const principal = await admission.authenticator.token(socket.handshake.auth.token)
      const approver = toApprover(principal)
      keep(admission.limits.connection(quotaKey(principal)))
      const room = await rooms.hold(approver.user)
      try {
        demandUnrevoked(room.record, principal)
        // Only now: those whose token is dead must not count against the one it was taken from.
        keep(await admission.limits.approverConnection(approver.user))
        return { principal, approver, room }
      } catch (error) {
        rooms.release(room)
        throw error
      }
    },
    ({ room }) => rooms.release(room),
  )

  namespace.on('connection', (socket) => {
    const { principal, approver, room } = enter(socket)
    const guest = new ApproverSocket(socket, principal)
    const stopExpiry = atExpiry(context, principal, () => socket.disconnect())
    socket.once('disconnect', () => {
      stopExpiry()
      room.guests.delete(guest)
      rooms.release(room)
    })
    room.guests.add(guest)
    socket.join(room.name)
    if (approver.device !== undefined) socket.join(deviceRoomName(approver.user, approver.device))
    socket.emit('pending', rooms.pending(room, approver))
    // Revoked between the door and here.
    if (room.record) guest.revoked(room.record)
    for (const word of ['approve', 'deny'] as const) {
      acknowledge(
        socket,
        word,
        async (body) => {
          const { challenge, ...said } = parse(decideMessage, body)
          await admission.limits.decision(approver.user)
          // Only now: the device may have been unpaired meanwhile.
          const present = presentApprover(room.record, principal)
          return { challenge: await decide(context, present, challenge, { decision: word, ...said }) }
        },
        admission,
      )
    }
    acknowledge(
      socket,
      'received',
      async (body) => {
        const { challenge, ...how } = parse(receivedMessage, body)
        await acknowledgeDelivery(context, presentApprover(room.record, principal), challenge, how)
        return {}
      },
      admission,
    )
  })
}

class ApproverSocket implements ApproverGuest {
  readonly #socket: Socket
  readonly #principal: Principal

  constructor(socket: Socket, principal: Principal) {
    this.#socket = socket
    this.#principal = principal
  }

  revoked(approver: ApproverRecord): void {
    if (isRevoked(approver, this.#principal)) this.#socket.disconnect()
  }
}
