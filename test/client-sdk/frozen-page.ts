import { waitForStatus } from '../../client-sdk/index.ts'

/** Waits in a process of its own, which a test can freeze: prints its connection and the outcome. */
const [, , url = '', token = ''] = process.argv
const { challengeStatus } = await waitForStatus({ url, token, onConnection: (connection) => console.log(connection) })
console.log(challengeStatus)
