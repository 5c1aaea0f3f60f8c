import { byId } from './screen.ts'

const UNREACHABLE_HOSTS = ['localhost', '127.0.0.1', '[::1]']

/** Shows how to open this user's phone page. The code and the link are the server's: they carry the phone's token. */
export function offerPhone(user: string): void {
  const query = new URLSearchParams({ user })
  byId<HTMLImageElement>('phone-code').src = `phone-link/qr.svg?${query}`
  byId<HTMLAnchorElement>('phone-link').href = `phone-link?${query}`
  byId('phone-user').textContent = user
  byId('phone-unreachable').hidden = !UNREACHABLE_HOSTS.includes(location.hostname)
}
