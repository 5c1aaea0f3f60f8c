/* What a program that embeds the hub may use. */
export { type Config, ConfigError, readConfig } from './config.ts'
export { HubError } from './errors.ts'
export { Hub } from './hub.ts'
export type * from './protocol/challenge.ts'
export { ERROR_STATUS, type ErrorCode, type FieldError, type Problem } from './protocol/error-codes.ts'
export { SCOPES, type Scope } from './protocol/scopes.ts'
