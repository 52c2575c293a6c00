import { EventQueue } from './event-queue.ts';

/**
 * Work of several jobs on one database: each goes on at its own speed while there is room for all, and all of them equally slower
 * when there is not. A job is known by how much work has been done for each job by the time it is finished, so that a change of the speed
 * touches no job.
 */
export class SharedWork<T> {
  readonly #jobs = new EventQueue<T>();
  /** Seconds of work done for each job so far. */
  #donePerJob = 0;
  #atSeconds = 0;
  /** Jobs that can go on at full speed at the same time. */
  #room: number;

  /**
   * Starts without a job.
   *
   * @param room jobs that can go on at full speed at the same time; a fraction makes even a single one slower
   */
  constructor(room: number) {
    this.#room = room;
  }

  /** Changes how much room there is from now on. */
  setRoom(room: number, atSeconds: number): void {
    this.#advance(atSeconds);
    this.#room = room;
  }

  /** Adds a job. */
  add(job: T, workSeconds: number, atSeconds: number): void {
    this.#advance(atSeconds);
    this.#jobs.push(this.#donePerJob + workSeconds, job);
  }

  /** When the next job is finished, if nothing changes; Infinity when there is none, or no room. */
  nextAt(): number {
    const speed = this.#speed();
    if (this.#jobs.size === 0 || speed <= 0) return Infinity;
    return this.#atSeconds + Math.max(0, this.#jobs.nextAt - this.#donePerJob) / speed;
  }

  /** Takes the job that is finished now. */
  take(atSeconds: number): T | undefined {
    // Not advanced by the clock, whose rounding could leave a rest of the work: this job is done.
    this.#donePerJob = Math.max(this.#donePerJob, this.#jobs.nextAt);
    this.#atSeconds = atSeconds;
    return this.#jobs.pop();
  }

  #speed(): number {
    return Math.min(1, this.#room / Math.max(1, this.#jobs.size));
  }

  #advance(atSeconds: number): void {
    if (this.#jobs.size > 0) this.#donePerJob += Math.max(0, atSeconds - this.#atSeconds) * this.#speed();
    this.#atSeconds = atSeconds;
  }
}
