import { encode, renderSVG } from 'uqr'
import { z } from 'zod'
import { parse } from '../../mfa/parse.ts'
import { toPng } from '../../mfa/pictures/png.ts'
import type { Answer, Question } from '../endpoint.ts'

const BORDER = 4
/** Of one module of the code, in a PNG. */
const PIXELS = 8

const format = z.object({ format: z.enum(['svg', 'png']).optional() })

/** A QR code as `?format=png`, or the header `Accept`, asks for it; else as SVG. */
export function answerQr(text: string, { query, header }: Question): Answer {
  const wanted = parse(format, query).format ?? (prefersPng(header('accept')) ? 'png' : 'svg')
  if (wanted === 'png') return { status: 200, type: 'image/png', body: toPicture(text) }
  return { status: 200, type: 'image/svg+xml', body: renderSVG(text, { ecc: 'M', border: BORDER }) }
}

function prefersPng(accept = ''): boolean {
  return accept.includes('image/png') && !accept.includes('image/svg+xml')
}

function toPicture(text: string): Buffer {
  const { data, size } = encode(text, { ecc: 'M', border: BORDER })
  const isDark = (x: number, y: number) => data[Math.floor(y / PIXELS)]?.[Math.floor(x / PIXELS)] === true
  const width = size * PIXELS
  return toPng({ width, height: width, bitDepth: 1, shadeAt: (x, y) => (isDark(x, y) ? 0 : 1) })
}
