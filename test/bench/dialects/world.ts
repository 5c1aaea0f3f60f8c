import { Secret, TOTP } from 'otpauth'
import { limitVariable } from '../../../server/limits/settings.ts'
import { expecting, HttpClient } from '../load/http-client.ts'

const API_KEY = 'an-api-key-of-27-characters'
const HIGH = '1000000000'

/** What the hub is started with: every limit is on, and so high that it is not what is measured. */
export const ENVIRONMENT = {
  API_KEYS: `bench:${API_KEY}:mfa:write challenges:write`,
  DIALECTS: 'pingfederate,apiture,quovo',
  ...Object.fromEntries(
    (['requestsPerSecond', 'requestsPerAddress', 'creationsPerBackend', 'actionsPerPage'] as const).map((limit) => [
      limitVariable(limit),
      HIGH,
    ]),
  ),
}

/** Whoever is sent too many messages a day is refused: the load goes round so many people. */
const PEOPLE = 400

interface Person {
  readonly id: string
  readonly email: string
  /** A code app and a hardware token: selecting them sends nothing. */
  readonly silent: readonly [string, string]
}

/** A hub with people who have a code app and an e-mail address each, and are always asked which. */
export class BenchWorld {
  readonly people: readonly Person[]
  readonly http: HttpClient
  /** A policy under which a user has one authentication at a time. */
  readonly onlyOne: string

  private constructor(http: HttpClient, people: readonly Person[], onlyOne: string) {
    this.http = http
    this.people = people
    this.onlyOne = onlyOne
  }

  static async create(port: number, atOnce: number): Promise<BenchWorld> {
    const http = new HttpClient(port, atOnce, { 'api-key': API_KEY, 'x-xsrf-header': 'bench' })
    const policy = (name: string, onePerUser: boolean) =>
      expecting<{ id: string }>(
        201,
        'policy',
        http.send('POST', '/v1/deviceAuthenticationPolicies', {
          name,
          default: !onePerUser,
          authentication: { deviceSelection: 'ALWAYS_DISPLAY_DEVICES', onePerUser },
        }),
      )
    await policy('Ask', false)
    const { id: onlyOne } = await policy('Ask, one at a time', true)
    const people = await Promise.all(Array.from({ length: PEOPLE }, (_, at) => addPerson(http, `person-${at}`)))
    return new BenchWorld(http, people, onlyOne)
  }

  person(index: number): Person {
    return this.people[index % PEOPLE] as Person
  }

  /** @param more headers, each with its line's end */
  async ask<Answered>(status: number, method: string, path: string, body?: unknown, more = ''): Promise<Answered> {
    return expecting<Answered>(status, `${method} ${path}`, this.http.send(method, path, body, more))
  }
}

async function addPerson(http: HttpClient, id: string): Promise<Person> {
  const devices = `/v1/users/${id}/devices`
  const email = await expecting<{ id: string }>(
    201,
    'e-mail',
    http.send('POST', devices, { type: 'EMAIL', email: `${id}@example.com`, status: 'ACTIVE' }),
  )
  const totp = await expecting<{ id: string; secret: string }>(
    201,
    'code app',
    http.send('POST', devices, { type: 'TOTP' }),
  )
  const otp = new TOTP({ secret: Secret.fromBase32(totp.secret) }).generate()
  await expecting(200, 'activation', http.send('POST', `${devices}/${totp.id}?action=device.activate`, { otp }))
  const serialNumber = `serial of ${id}`
  const secret = new Secret({ size: 20 }).base32
  await expecting(201, 'inventory', http.send('POST', '/v1/oathTokens', { serialNumber, secret, type: 'TOTP' }))
  const token = await expecting<{ id: string }>(
    201,
    'hardware token',
    http.send('POST', devices, { type: 'OATH_TOKEN', serialNumber, status: 'ACTIVE' }),
  )
  return { id, email: email.id, silent: [totp.id, token.id] }
}
