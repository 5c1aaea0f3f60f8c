import { expect, it } from 'vitest'
import { parseRedisUrl } from '../../server/redis-url.ts'

it.each([
  ['redis://localhost', { kind: 'standalone', url: 'redis://localhost' }],
  [
    'redis+sentinel://a:1,b/mymaster',
    {
      kind: 'sentinel',
      sentinels: [
        { host: 'a', port: 1 },
        { host: 'b', port: 26_379 },
      ],
      master: 'mymaster',
      db: 0,
      tls: false,
    },
  ],
  [
    'rediss+sentinel://me:p%40ss%2F@[::1]:26380/my%20master/3?sentinelUsername=s&sentinelPassword=t%26u',
    {
      kind: 'sentinel',
      sentinels: [{ host: '::1', port: 26_380 }],
      master: 'my master',
      db: 3,
      username: 'me',
      password: 'p@ss/',
      sentinelUsername: 's',
      sentinelPassword: 't&u',
      tls: true,
    },
  ],
  [
    'redis+cluster://:secret@a.example:7000,b-1.example',
    {
      kind: 'cluster',
      nodes: [
        { host: 'a.example', port: 7_000 },
        { host: 'b-1.example', port: 6_379 },
      ],
      password: 'secret',
      tls: false,
    },
  ],
  ['rediss+cluster://a', { kind: 'cluster', nodes: [{ host: 'a', port: 6_379 }], tls: true }],
])('takes %s apart', (url, deployment) => {
  expect(parseRedisUrl(url)).toEqual(deployment)
})
