import { crc32, deflateSync } from 'node:zlib'

/** A picture in shades of grey. */
export interface Shades {
  readonly width: number
  readonly height: number
  /** Of a pixel: 1 for black and white, 4 for 16 shades. */
  readonly bitDepth: 1 | 4
  /** From 0, which is black, to the lightest of them. */
  readonly shadeAt: (x: number, y: number) => number
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** As small as a picture in grey can be: libraries that draw write four colours of 8 bits each. */
export function toPng({ width, height, bitDepth, shadeAt }: Shades): Buffer {
  const perByte = 8 / bitDepth
  // Each line begins with its filter: none.
  const line = Math.ceil(width / perByte) + 1
  const pixels = Buffer.alloc(line * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * line + 1 + Math.floor(x / perByte)
      const left = 8 - bitDepth * ((x % perByte) + 1)
      pixels[at] = (pixels[at] ?? 0) | (shadeAt(x, y) << left)
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([bitDepth, 0, 0, 0, 0], 8)
  return Buffer.concat([
    SIGNATURE,
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
