/** When rejections are so many that a bad deploy is likelier than bad data. */
export interface FuseSettings {
  /** Share of the batch, in percent, that may be rejected; 100 switches the fuse off. */
  readonly thresholdPercent: number;
  /** Smallest batch, in events, for which the share means anything. */
  readonly minEvents: number;
}

/**
 * Whether the batch must be held instead of quarantined.
 *
 * @param rejected events of the batch that would be quarantined
 * @param events all events of the batch
 */
export function isFuseBlown(rejected: number, events: number, settings: FuseSettings): boolean {
  return events >= settings.minEvents && rejected * 100 > events * settings.thresholdPercent;
}
