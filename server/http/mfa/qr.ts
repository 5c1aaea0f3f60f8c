import { crc32, deflateSync } from 'node:zlib'
import { encode, renderSVG } from 'uqr'
import { z } from 'zod'
import { parse } from '../../mfa/parse.ts'
import type { Answer, Question } from '../endpoint.ts'

const BORDER = 4
/** Of one module of the code, in a PNG. */
const PIXELS = 8

const format = z.object({ format: z.enum(['svg', 'png']).optional() })

/** A QR code as `?format=png`, or the header `Accept`, asks for it; else as SVG. */
export function answerQr(text: string, { query, header }: Question): Answer {
  const wanted = parse(format, query).format ?? (prefersPng(header('accept')) ? 'png' : 'svg')
  if (wanted === 'png') return { status: 200, type: 'image/png', body: toPng(text) }
  return { status: 200, type: 'image/svg+xml', body: renderSVG(text, { ecc: 'M', border: BORDER }) }
}

function prefersPng(accept = ''): boolean {
  return accept.includes('image/png') && !accept.includes('image/svg+xml')
}

function toPng(text: string): Buffer {
  const { data, size } = encode(text, { ecc: 'M', border: BORDER })
  const width = size * PIXELS
  // One bit a pixel, white is 1; each line begins with its filter: none.
  const line = Math.ceil(width / 8)
  const pixels = Buffer.alloc((line + 1) * width)
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      const isDark = data[Math.floor(y / PIXELS)]?.[Math.floor(x / PIXELS)]
      const at = y * (line + 1) + 1 + (x >> 3)
      if (!isDark) pixels[at] = (pixels[at] ?? 0) | (0x80 >> (x & 7))
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(width, 4)
  header.set([1, 0, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}
