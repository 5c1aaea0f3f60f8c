import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

/*
 * DESIGN: who may import whom. Every folder lists the folders it may use besides itself; what is not listed is refused.
 */

const ROOT = resolve(import.meta.dirname, '..')

const LEAVES = ['server/errors.ts', 'server/config.ts', 'server/auth', 'server/delivery', 'server/yubikey']

const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  'server/protocol': [],
  'server/errors.ts': ['server/protocol'],
  'server/auth': ['server/protocol', 'server/errors.ts'],
  'server/redis-url.ts': [],
  'server/at-most.ts': [],
  'server/limits': ['server/protocol', 'server/errors.ts'],
  'server/variables.ts': [],
  'server/mfa-settings.ts': ['server/variables.ts', 'server/auth'],
  'server/config.ts': [
    'server/variables.ts',
    'server/mfa-settings.ts',
    'server/protocol',
    'server/auth',
    'server/dialects/names.ts',
    'server/limits',
    'server/delivery',
    'server/yubikey',
    'server/redis-url.ts',
  ],
  'server/delivery': ['server/protocol', 'server/errors.ts'],
  'server/yubikey': [],
  'server/store': ['server/errors.ts', 'server/redis-url.ts'],
  'server/challenge': ['server/protocol', 'server/store', ...LEAVES],
  'server/mfa': ['server/protocol', 'server/store', 'server/challenge', ...LEAVES],
  'server/http': ['server/protocol', 'server/limits', 'server/store', 'server/challenge', 'server/mfa', ...LEAVES],
  'server/gateway': ['server/protocol', 'server/limits', 'server/store', 'server/challenge', 'server/mfa', ...LEAVES],
  'server/dialects': [
    'server/protocol',
    'server/limits',
    'server/store',
    'server/challenge',
    'server/mfa',
    // What a call is, and nothing of how it is answered.
    'server/http/endpoint.ts',
    'server/http/dialect.ts',
    'server/http/mfa/action.ts',
    // What HTTP itself says of a call, in whose words it may be.
    'server/http/repeatable.ts',
    'server/http/mfa/admit-creation.ts',
    'server/http/refusal-headers.ts',
    ...LEAVES,
  ],
  'server/hub.ts': ['server'],
  'server/index.ts': ['server'],
  'server/announce.ts': ['server/config.ts'],
  'server/instance.ts': ['server', 'demo'],
  'server/workers': ['server/config.ts', 'server/limits', 'server/announce.ts', 'server/instance.ts'],
  'server/main.ts': ['server'],
  'server/mint-token.ts': ['server'],
  'server/verify-receipt.ts': ['server'],
  'client-sdk': ['server/protocol'],
  demo: ['server/protocol', 'client-sdk'],
}

/** Only the port of the store is for everyone; the drivers are for the hub. */
const DRIVERS = ['server/store/memory', 'server/store/redis']

/** The products whose APIs are spoken, and who makes them. */
const VENDORS = /ping ?(?:federate|one|identity)|davinci|apiture|quovo/i

interface Import {
  readonly from: string
  readonly to: string
}

const sources = ['server', 'client-sdk', 'demo'].flatMap((folder) => filesBelow(join(ROOT, folder)))
const imports = sources.flatMap(importsOf)

describe('the architecture', () => {
  it('has only the agreed folders at the top', () => {
    const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    const ours = folders.map((entry) => entry.name).filter((name) => !name.startsWith('.'))
    const known = ['client-sdk', 'demo', 'dist', 'node_modules', 'server', 'test']
    expect(ours.filter((name) => !known.includes(name))).toEqual([])
  })

  it('reads enough files to mean something', () => {
    expect(imports.length).toBeGreaterThan(100)
  })

  it('knows every part', () => {
    expect(sources.filter((file) => partOf(file) === undefined)).toEqual([])
  })

  it('lets parts use only what lies below them', () => {
    expect(imports.filter(({ from, to }) => !isAllowed(from, to)).map(arrow)).toEqual([])
  })

  it('keeps the drivers of the store to the hub', () => {
    const reached = imports.filter(
      ({ from, to }) => isBelow(to, DRIVERS) && !isBelow(from, [...DRIVERS, 'server/hub.ts']),
    )
    expect(reached.map(arrow)).toEqual([])
  })

  it('keeps the dialects apart from each other', () => {
    const folderOf = (file: string) => /^server\/dialects\/([^/]+)\//.exec(file)?.[1]
    const crossing = imports.filter(({ from, to }) => {
      const [one, other] = [folderOf(from), folderOf(to)]
      return one !== undefined && other !== undefined && one !== other
    })
    expect(crossing.map(arrow)).toEqual([])
  })

  it('names other products only where their words are spoken', () => {
    const named = sources
      .filter((file) => !isBelow(file, ['server/dialects']))
      .filter((file) => VENDORS.test(textOf(file)))
    expect(named).toEqual([])
    expect(sources.filter((file) => VENDORS.test(textOf(file))).length).toBeGreaterThan(0)
  })

  it('keeps every dialect a thin translation', () => {
    const lines = new Map<string, number>()
    for (const file of sources) {
      const [, folder] = /^server\/dialects\/([^/]+)\//.exec(file) ?? []
      if (folder !== undefined) lines.set(folder, (lines.get(folder) ?? 0) + linesOfCode(file))
    }
    expect([...lines].filter(([, count]) => count > 500)).toEqual([])
  })

  it('keeps the store free of challenges, tokens and sockets', () => {
    const packages = sources
      .filter((file) => isBelow(file, ['server/store']))
      .flatMap((file) => packagesOf(file).map((name) => `${file} uses ${name}`))
    expect(packages.filter((use) => !/ uses (ioredis|cluster-key-slot|node:.*)$/.test(use))).toEqual([])
  })

  it('keeps the rules pure: no clock, no promise, no chance, no environment', () => {
    const rules = readFileSync(join(ROOT, 'server/challenge/transition.ts'), 'utf8')
    expect(rules).not.toMatch(/\b(Date|performance|setTimeout|process|Math\.random|async|await|Promise|random\w+)\b/)
  })

  it('reads the environment in the two programs only', () => {
    const readers = sources.filter(
      (file) => isBelow(file, ['server', 'client-sdk']) && /^(?!\s*(?:\*|\/\/)).*process\.env/m.test(textOf(file)),
    )
    expect(readers).toEqual(['server/main.ts', 'server/mint-token.ts'])
  })

  it('puts nothing of Node into what browsers load', () => {
    const browserSide = sources.filter((file) => isBelow(file, ['client-sdk', 'server/protocol']))
    expect(browserSide.flatMap(packagesOf).filter((name) => name !== 'socket.io-client')).toEqual([])
  })

  it('runs on what production installs', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const used = sources.filter((file) => isBelow(file, ['server', 'client-sdk'])).flatMap(packagesOf)
    const names = used.map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
    expect(names.length).toBeGreaterThan(50)
    expect(names.filter((name) => !name.startsWith('node:') && !(name in dependencies))).toEqual([])
  })

  it('loads what draws pictures with the first that is drawn', () => {
    const users = sources.filter((file) => packagesOf(file).includes('@napi-rs/canvas'))
    expect(users).toEqual(['server/mfa/pictures/draw-picture.ts'])
    for (const file of users) expect(textOf(file)).not.toMatch(/^import (?!type\b).*canvas/m)
  })

  it('has no barrel files inside folders', () => {
    const barrels = sources.filter((file) => file.endsWith('/index.ts'))
    expect(barrels.toSorted()).toEqual(['client-sdk/index.ts', 'server/index.ts'])
  })

  it('keeps files small', () => {
    expect(sources.filter((file) => textOf(file).split('\n').length > 250)).toEqual([])
  })
})

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => relative(ROOT, join(folder, name)))
}

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** Neither blank nor comment. */
function linesOfCode(file: string): number {
  return textOf(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => /\S/.test(line) && !/^\s*\/\//.test(line)).length
}

function specifiersOf(file: string): string[] {
  const found = textOf(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)
  return [...found].map((match) => match[1] ?? '')
}

function importsOf(file: string): Import[] {
  return specifiersOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ from: file, to: relative(ROOT, resolve(ROOT, file, '..', specifier)) }))
}

function packagesOf(file: string): string[] {
  return specifiersOf(file).filter((specifier) => !specifier.startsWith('.'))
}

function partOf(file: string): string | undefined {
  return Object.keys(MAY_USE).find((part) => isBelow(file, [part]))
}

function isBelow(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => file === folder || file.startsWith(`${folder}/`))
}

function isAllowed(from: string, to: string): boolean {
  const part = partOf(from)
  return part !== undefined && isBelow(to, [part, ...(MAY_USE[part] ?? [])])
}

function arrow({ from, to }: Import): string {
  return `${from} → ${to}`
}
