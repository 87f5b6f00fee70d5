/** A number as a person reads it: `4,294,967,296`. The same in English and Japanese. */
export function countText(count: number | bigint): string {
  const digits = count.toString();
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}
