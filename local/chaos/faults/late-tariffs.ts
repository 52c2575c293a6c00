import { ALLIANCES, CABINS, type TariffTime } from '../booking-plan.ts';
import { executePatiently } from '../world/chaos-database.ts';

/**
 * Puts the tariffs into the database that come at a time, as somebody else does.
 *
 * @param databaseUrl for a user who may do anything
 */
export async function insertTariffs(databaseUrl: string, time: TariffTime): Promise<void> {
  const rows = Object.entries(ALLIANCES)
    .filter(([, { comes }]) => comes === time)
    .flatMap(([alliance, { cents }]) =>
      Object.entries(CABINS).map(([cabin, more]) => {
        // What means something special does so in every cabin.
        const isSpecial = alliance === 'free' || alliance === 'refused' || alliance === 'deadly';
        return `('${alliance}', '${cabin}', ${isSpecial ? cents : cents + more})`;
      }),
    );
  await executePatiently(databaseUrl, `INSERT INTO tariffs VALUES ${rows.join(', ')} ON CONFLICT DO NOTHING`);
}
