import { readFileSync } from 'node:fs'
import type { Cluster, Redis } from 'ioredis'

/** What a client offers once it knows our scripts. See the header of each for what it takes and answers; `Buffer`: in bytes. */
export interface Scripts {
  assentCommitBuffer(
    name: string,
    expected: number,
    version: number,
    commitId: string,
    body: Buffer,
    purgeAt: number | '',
    before: number | '',
    announceBody: 0 | 1,
    builtOn: string,
  ): Promise<[outcome: Buffer, time: number, stored?: Buffer | null]>
  assentProbe(channel: string, message: string): Promise<number>
  assentReseal(name: string, header: Buffer, value: Buffer): Promise<number>
}

/** The client library answers in bytes where a script's name is called with this behind it. */
type NameOf<Call extends string> = Call extends `${infer Name}Buffer` ? Name : Call

const SCRIPTS = { assentCommit: 'commit.lua', assentProbe: 'probe.lua', assentReseal: 'reseal.lua' } satisfies Record<
  NameOf<keyof Scripts>,
  string
>

const sources = Object.entries(SCRIPTS).map(
  ([name, file]) => [name, readFileSync(new URL(`./${file}`, import.meta.url), 'utf8')] as const,
)

export function withScripts<Client extends Redis | Cluster>(client: Client): Client & Scripts {
  for (const [name, lua] of sources) client.defineCommand(name, { numberOfKeys: 1, lua })
  return client as Client & Scripts
}
