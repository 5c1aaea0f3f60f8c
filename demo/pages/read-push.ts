export interface HeardPush {
  readonly kind: 'requested' | 'withdrawn'
  readonly challenge: string
}

/** What a push says. One that can't be read still means that somebody asks something: the page will know what. */
export function readPush(text: string | undefined): HeardPush {
  const { kind, challenge } = readFields(text)
  return {
    kind: kind === 'withdrawn' ? 'withdrawn' : 'requested',
    challenge: typeof challenge === 'string' ? challenge : '',
  }
}

function readFields(text = ''): { readonly kind?: unknown; readonly challenge?: unknown } {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
