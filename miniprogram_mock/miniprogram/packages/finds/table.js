/** The server's comparison as a table of texts; no WeChat in here. */

const format = require('../../lib/format');
const { texts, fill } = require('../../texts/index');

/** @param {any[]} vehicles cards of the server */
function heads(vehicles) {
  const t = texts('common');
  return vehicles.map((car) => ({
    id: car.id,
    title: `${car.series.label} ${car.trim}`,
    price: format.yuan(car.price_fen),
    photo: car.photo,
    mark: car.status.key === 'listed' ? '' : car.status.label,
    label: fill(t.car.open, { title: car.title, price: format.yuan(car.price_fen) }),
    removeLabel: fill(t.compare.remove, { title: car.title }),
  }));
}

/**
 * Rows by group; of those in which all cars agree none when only the others are wanted, and no group without a row.
 * @param {{label: string, rows: {label: string, values: (string | null)[], differs: boolean}[]}[]} groups
 * @param {boolean} onlyDifferent
 */
function table(groups, onlyDifferent) {
  const { missing } = texts('finds').compare;
  return groups
    .map(({ label, rows }) => ({
      label,
      rows: rows
        .filter(({ differs }) => differs || !onlyDifferent)
        .map((row) => ({
          label: row.label,
          differs: row.differs,
          values: row.values.map((value, place) => ({ place, text: value === null || value === '' ? missing : value })),
        })),
    }))
    .filter(({ rows }) => rows.length);
}

module.exports = { heads, table };
