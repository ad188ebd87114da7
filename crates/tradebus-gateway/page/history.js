// The last hour, second by second, in columns of numbers. Memory is bounded: each column has room for two hours and is moved
// back by one when it is full, so the points in use always lie side by side.

const KEEP = 3600;
const TIERS = ["critical", "high", "normal", "low"];
const LATENCIES = ["p50_ms", "p95_ms", "p99_ms", "max_ms"];

export class History {
  constructor() {
    this.times = new Float64Array(2 * KEEP);
    this.columns = new Map();
    this.from = 0;
    this.to = 0;
  }

  /** When the last point is from; 0 before the first. */
  get last() {
    return this.to > this.from ? this.times[this.to - 1] : 0;
  }

  column(name) {
    let column = this.columns.get(name);
    if (!column) {
      column = new Float64Array(2 * KEEP).fill(NaN);
      this.columns.set(name, column);
    }
    return column;
  }

  /** Begins a point; older ones than the last are refused. */
  #begin(ts) {
    if (ts <= this.last) return false;
    if (this.to === 2 * KEEP) {
      for (const column of [this.times, ...this.columns.values()]) column.copyWithin(0, KEEP).fill(NaN, KEEP);
      this.to -= KEEP;
      this.from = Math.max(0, this.from - KEEP);
    }
    this.times[this.to] = ts;
    this.to += 1;
    this.from = Math.max(this.from, this.to - KEEP);
    return true;
  }

  #set(name, value) {
    this.column(name)[this.to - 1] = value ?? NaN;
  }

  /** Of all tiers: what the key figures show. */
  #worst(latency, fill) {
    this.#set("worst.p99_ms", latency < 0 ? NaN : latency);
    this.#set("worst.fill", fill);
  }

  push(snapshot) {
    if (!this.#begin(snapshot.ts_ms)) return;
    for (const name of ["published", "received", "stored", "bytes"]) this.#set(name, snapshot.rates[name]);
    for (const tier of snapshot.tiers) {
      for (const name of ["published", "received", "stored", "fill"]) this.#set(`${tier.tier}.${name}`, tier[name]);
      for (const name of LATENCIES) this.#set(`${tier.tier}.${name}`, tier.delivery?.[name]);
      for (const name of LATENCIES) this.#set(`${tier.tier}.publish_${name}`, tier.publish?.[name]);
    }
    const slowest = (found, tier) => Math.max(found, tier.delivery?.p99_ms ?? -1);
    this.#worst(snapshot.tiers.reduce(slowest, -1), snapshot.tiers.reduce((found, tier) => Math.max(found, tier.fill), 0));
    this.#set("utilization", snapshot.workers.utilization);
    this.#set("workers", snapshot.workers.count);
    this.#set("memory_bytes", snapshot.process.memory_bytes);
    this.#set("cpu_cores", snapshot.process.cpu_cores);
  }

  /** Adds those points of the gateway's history that are newer than what is here. */
  load(answer) {
    answer.ts_ms.forEach((ts, i) => {
      if (!this.#begin(ts)) return;
      for (const name of ["utilization", "workers", "memory_bytes", "cpu_cores", "stored"]) this.#set(name, answer[name]?.[i]);
      for (const name of ["published", "received"]) {
        this.#set(name, TIERS.reduce((sum, tier) => sum + (answer.tiers[tier]?.[name]?.[i] ?? 0), 0));
      }
      const worst = (name, none) => TIERS.reduce((found, tier) => Math.max(found, answer.tiers[tier]?.[name]?.[i] ?? none), none);
      this.#worst(worst("p99_ms", -1), worst("fill", 0));
      for (const tier of TIERS) {
        for (const [name, column] of Object.entries(answer.tiers[tier] ?? {})) this.#set(`${tier}.${name}`, column[i]);
      }
    });
  }

  /** The newest `n` values of a column, for a sparkline. */
  tail(name, n) {
    return this.column(name).subarray(Math.max(this.from, this.to - n), this.to);
  }
}
