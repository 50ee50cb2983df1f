/** What became of a file, in figures. */
import type { PeopleFile } from "../../api/audience";

/** How much a file changed: people of a file of people, tags of a file of tags. */
export const changesOf = (file: PeopleFile) =>
  file.kind === "people" ? file.created + file.updated : file.tags_added + file.tags_removed + file.tags_changed;

export const isMoving = (file: PeopleFile) => ["waiting", "running", "undoing"].includes(file.status);
