export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Half the range of the medians of so many equal stretches: what one start measures is no independent sample of the next. */
export function spread(numbers, stretches) {
  const length = numbers.length / stretches
  const medians = Array.from({ length: stretches }, (_, n) => median(numbers.slice(n * length, (n + 1) * length)))
  return (Math.max(...medians) - Math.min(...medians)) / 2
}
