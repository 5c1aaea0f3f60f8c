import { type PhoneLink, readPhoneLink } from './phone-link.ts'

const PATIENCE_MS = 30_000
const PAUSE_MS = 200

/** Not every browser has it yet, and TypeScript knows it of none. */
interface Detector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>
}

type DetectorClass = new (options: { readonly formats: readonly string[] }) => Detector

const { BarcodeDetector } = globalThis as { readonly BarcodeDetector?: DetectorClass }

export function canScan(): boolean {
  return BarcodeDetector !== undefined && 'mediaDevices' in navigator
}

/** Looks through the camera until it sees a link of ours; undefined: none came. Rejects where the person allows no camera. */
export async function scanLink(camera: HTMLVideoElement): Promise<PhoneLink | undefined> {
  if (!BarcodeDetector) return undefined
  const detector = new BarcodeDetector({ formats: ['qr_code'] })
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  camera.srcObject = stream
  camera.hidden = false
  try {
    await camera.play()
    const until = Date.now() + PATIENCE_MS
    while (Date.now() < until) {
      for (const { rawValue } of await detector.detect(camera)) {
        const link = readPhoneLink(rawValue)
        if (link) return link
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
    return undefined
  } finally {
    for (const track of stream.getTracks()) track.stop()
    camera.hidden = true
  }
}
