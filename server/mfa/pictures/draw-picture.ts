import { randomInt } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Canvas, SKRSContext2D } from '@napi-rs/canvas'
import { toPng } from './png.ts'

const WIDTH = 248
const HEIGHT = 80
/** Between the middle of the outermost letters and the edge. */
const MARGIN = 26

/** Of the Braille Institute, made so that no letter looks like another one: servers have no fonts of their own. */
const LETTERS = '@fontsource/atkinson-hyperlegible/files/atkinson-hyperlegible-latin-700-normal.woff'
const FAMILY = 'Assent letters'

/**
 * A picture of a few capital letters and digits, each turned and slanted by chance, on a wave, with two dark curves over
 * them and a white one through them: easy for a person, tiresome for a program. It has 16 shades of grey, and some 2 KB.
 */
export async function drawPicture(text: string): Promise<Buffer> {
  const { createCanvas } = await openLibrary()
  const canvas = createCanvas(WIDTH, HEIGHT)
  const context = canvas.getContext('2d')
  context.fillStyle = 'white'
  context.fillRect(0, 0, WIDTH, HEIGHT)
  drawLetters(context, text)
  drawCurve(context, 'white', between(1.4, 2))
  drawCurve(context, 'black', between(1.4, 2.2))
  drawCurve(context, 'black', between(1.4, 2.2))
  return toPng({ width: WIDTH, height: HEIGHT, bitDepth: 4, shadeAt: shadesOf(canvas) })
}

/** Loaded with the first picture: most hubs never draw one. */
let library: Promise<typeof import('@napi-rs/canvas')> | undefined

function openLibrary(): Promise<typeof import('@napi-rs/canvas')> {
  library ??= import('@napi-rs/canvas').then((loaded) => {
    const font = createRequire(import.meta.url).resolve(LETTERS)
    if (!loaded.GlobalFonts.registerFromPath(font, FAMILY)) throw new Error('the letters can not be loaded')
    return loaded
  })
  return library
}

function drawLetters(context: SKRSContext2D, text: string): void {
  const wave = { height: between(3, 6), length: between(90, 160), from: between(0, 2 * Math.PI) }
  const step = (WIDTH - 2 * MARGIN) / (text.length - 1)
  context.fillStyle = 'black'
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  for (const [at, letter] of [...text].entries()) {
    const x = MARGIN + at * step + between(-2, 2)
    const y = HEIGHT / 2 + wave.height * Math.sin(wave.from + (2 * Math.PI * x) / wave.length) + between(-4, 4)
    context.save()
    context.translate(x, y)
    context.rotate(between(-0.35, 0.35))
    context.transform(1, between(-0.2, 0.2), between(-0.3, 0.3), 1, 0, 0)
    context.font = `${Math.round(between(38, 46))}px "${FAMILY}"`
    context.fillText(letter, 0, 0)
    context.restore()
  }
}

/** From one side to the other, right through the letters. */
function drawCurve(context: SKRSContext2D, color: string, width: number): void {
  const height = () => between(0, HEIGHT)
  const edge = () => between(15, HEIGHT - 15)
  context.strokeStyle = color
  context.lineWidth = width
  context.beginPath()
  context.moveTo(between(0, MARGIN), edge())
  context.bezierCurveTo(between(40, 100), height(), between(150, 210), height(), between(WIDTH - MARGIN, WIDTH), edge())
  context.stroke()
}

/** What is drawn is grey: one of its colours says how light. */
function shadesOf(canvas: Canvas): (x: number, y: number) => number {
  const { data } = canvas.getContext('2d').getImageData(0, 0, WIDTH, HEIGHT)
  return (x, y) => (data[4 * (y * WIDTH + x)] ?? 0) >> 4
}

/** By chance that nobody can foretell: who could, would know where the curves are. */
function between(least: number, most: number): number {
  const STEPS = 1_000
  return least + ((most - least) * randomInt(STEPS + 1)) / STEPS
}
