/** Whose words are spoken here: by it a challenge is known as one that was begun here. */
export const NAME = 'apiture'
