/** Longest delay a Node timer takes; a longer wait is cut into pieces of this. Milliseconds. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1
