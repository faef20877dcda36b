/** How long each stage of the removal took, as bars. */

/** timings: { stage: milliseconds }; nothing changes without any. */
export function renderTimings(timings) {
  const rows = Object.entries(timings ?? {});
  if (!rows.length) return;
  const longest = Math.max(...rows.map(([, milliseconds]) => milliseconds), 1);
  document.getElementById("timings").replaceChildren(
    ...rows.map(([name, milliseconds]) => {
      const row = document.createElement("tr");
      const meter = document.createElement("meter");
      Object.assign(meter, { max: longest, value: milliseconds });
      meter.setAttribute("aria-hidden", "true");
      for (const content of [name.replaceAll("_", " "), meter, `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`]) {
        row.insertCell().append(content);
      }
      return row;
    }),
  );
}
