/** Runs a task soon after it is asked for, one run at a time: those who ask while it runs share the next run. */
export class Soon {
  readonly #task: () => Promise<void>
  #running = false
  #again = false

  /** @param task must not reject */
  constructor(task: () => Promise<void>) {
    this.#task = task
  }

  ask(): void {
    if (this.#running) this.#again = true
    else void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    do {
      this.#again = false
      await this.#task()
    } while (this.#again)
    this.#running = false
  }
}
