/** A journey as a file on the person's own machine. */

export function saveFile(file: unknown, name: string): void {
  const address = URL.createObjectURL(new Blob([JSON.stringify(file, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name.replace(/[\\/:*?"<>|]/g, "_")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}
