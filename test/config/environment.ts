import { expect } from 'vitest'
import { type Config, ConfigError, readConfig } from '../../server/config.ts'

export const SECRET = 's'.repeat(32)
export const STORE_KEY = Buffer.alloc(32, 1).toString('base64')
export const API_KEY = 'shop:0123456789abcdef:challenges:write challenges:read'
export const VAPID_KEYS = {
  publicKey: 'BOw5Z3jHu5711198idmYdOl7V-2QbW__kn4Oot8V9EsH0ige9UR4_HKe86ArDKFnnELvWgiH9d4_470Nm7AgdW4',
  privateKey: 'JSYX-yDju7zDj3i8kSg8uPtWJc7uoUr_ZSZCoEG9UYk',
}

/** What production needs. */
export const PRODUCTION = { NODE_ENV: 'production', JWT_SECRET: SECRET }

export type Environment = Readonly<Record<string, string | undefined>>

export const read = (environment: Environment): Config => readConfig(environment)

/** What is told of an environment that is not usable: one problem each. */
export function problemsOf(environment: Environment): readonly string[] {
  try {
    readConfig(environment)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const { problems, message } = error as ConfigError
    for (const problem of problems) expect(message).toContain(problem)
    return problems
  }
  throw new Error('this environment is usable')
}

/** The variables that are complained about, each as often as it is. */
export const blamed = (environment: Environment): readonly string[] =>
  problemsOf(environment).map((problem) => /^([A-Z_]+): \S/.exec(problem)?.[1] ?? `no variable is named: ${problem}`)
