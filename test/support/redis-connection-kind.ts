/** What a proxy calls the connection that a hub hears news on. */
export const SUBSCRIBER = 'subscriber'

/** `SSUBSCRIBE` as it stands in Redis's protocol: in no other command's arguments. */
const SSUBSCRIBE = /\$10\r\nssubscribe\r\n/i

/** For a proxy before Redis: tells the connection for news from the one for commands. */
export function kindOfRedisConnection(chunk: Buffer): string | undefined {
  return SSUBSCRIBE.test(chunk.toString('latin1')) ? SUBSCRIBER : undefined
}
