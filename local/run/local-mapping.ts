import type { MappingAnswer } from '../aws/aws-answers.ts';
import { parseMappingSettings, type MappingSettings } from '../mapping/mapping-settings.ts';
import type { Consumer } from './consumer.ts';

/** The mapping of a consumer as Lambda's API has it: it can be asked, disabled, enabled and changed. */
export class LocalMapping implements MappingAnswer {
  readonly functionArn: string;
  readonly streamArn: string;
  readonly #consumer: Consumer;
  readonly #onFailure: (error: unknown) => void;
  #changedAtMs = Date.now();
  #changes: Promise<void> = Promise.resolve();
  /** Changes that are not done yet. */
  #open = 0;

  /**
   * Speaks for a consumer.
   *
   * @param onFailure hears when a change could not be made
   */
  constructor(
    consumer: Consumer,
    identity: { readonly functionArn: string; readonly streamArn: string },
    onFailure: (error: unknown) => void,
  ) {
    this.#consumer = consumer;
    this.functionArn = identity.functionArn;
    this.streamArn = identity.streamArn;
    this.#onFailure = onFailure;
  }

  get state(): string {
    return this.#open > 0 ? 'Updating' : this.#consumer.mapping.state();
  }

  get changedAtMs(): number {
    return this.#changedAtMs;
  }

  get settings(): MappingSettings {
    return this.#consumer.mapping.settings;
  }

  /**
   * Makes changes one after the other; the batches under way are waited for.
   *
   * @throws MappingSettingsError before anything is changed
   */
  update(changes: Partial<MappingSettings>): void {
    parseMappingSettings({ ...this.settings, ...changes }, Date.now());
    this.#changedAtMs = Date.now();
    this.#open += 1;
    this.#changes = this.#changes
      .then(() => this.#consumer.update(changes))
      .catch(this.#onFailure)
      .finally(() => {
        this.#open -= 1;
      });
  }
}
