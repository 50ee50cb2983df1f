/** Times arrive as UTC and are read in Asia/Shanghai, against the platform's clock (which a demo may move). */
import { t } from "../texts";

const ZONE = "Asia/Shanghai";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let offset = 0;

/** Tell the console the platform's time (ISO), so that "5 分钟前" is true when a demo's clock was moved. */
export function setPlatformNow(iso: string, local = Date.now()): void {
  offset = Date.parse(iso) - local;
}

export function platformNow(): number {
  return Date.now() + offset;
}

const partsFormat = new Intl.DateTimeFormat("en-CA", {
  timeZone: ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

interface Wall {
  day: string;
  clock: string;
  second: string;
}

function wall(at: number): Wall {
  const parts: Record<string, string> = {};
  for (const part of partsFormat.formatToParts(at)) parts[part.type] = part.value;
  return {
    day: `${parts["year"]}-${parts["month"]}-${parts["day"]}`,
    clock: `${parts["hour"]}:${parts["minute"]}`,
    second: parts["second"] ?? "00",
  };
}

/** The calendar day in Shanghai, "2026-11-21": the key of a group in the timeline. */
export function dayKey(iso: string): string {
  return wall(Date.parse(iso)).day;
}

/** "14:05" */
export function clock(iso: string): string {
  return wall(Date.parse(iso)).clock;
}

/** "2026-11-21 14:05:09" */
export function absolute(iso: string): string {
  const at = wall(Date.parse(iso));
  return `${at.day} ${at.clock}:${at.second}`;
}

function dayDistance(day: string, today: string): number {
  return Math.round((Date.parse(`${today}T00:00:00Z`) - Date.parse(`${day}T00:00:00Z`)) / (24 * HOUR));
}

function shortDay(day: string, today: string): string {
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  const monthDay = t.time.monthDay(month, date);
  return day.slice(0, 4) === today.slice(0, 4) ? monthDay : t.time.yearMonthDay(year, monthDay);
}

/** "今天", "昨天", or "11月3日 星期二": the heading of a day. */
export function dayHeading(day: string, now = platformNow()): string {
  const today = wall(now).day;
  const distance = dayDistance(day, today);
  if (distance === 0) return t.time.today;
  if (distance === 1) return t.time.yesterday;
  if (distance === -1) return t.time.tomorrow;
  return dayWithWeekday(day, now);
}

/** "刚刚", "5 分钟前", "3 小时后", "昨天 14:05", "11月3日 14:05". */
export function relative(iso: string, now = platformNow()): string {
  const at = Date.parse(iso);
  const gone = now - at;
  const size = Math.abs(gone);
  if (size < MINUTE) return gone >= 0 ? t.time.justNow : t.time.soon;
  if (size < HOUR) return t.time.minutes(Math.floor(size / MINUTE), gone >= 0);
  const day = wall(at);
  const today = wall(now).day;
  const distance = dayDistance(day.day, today);
  if (distance === 0) return t.time.hours(Math.floor(size / HOUR), gone >= 0);
  if (distance === 1) return `${t.time.yesterday} ${day.clock}`;
  if (distance === -1) return `${t.time.tomorrow} ${day.clock}`;
  return `${shortDay(day.day, today)} ${day.clock}`;
}

/** What an <input type="datetime-local"> holds for a moment: Shanghai's wall clock. */
export function toLocalInput(at: number): string {
  const moment = wall(at);
  return `${moment.day}T${moment.clock}`;
}

/** The inverse: Shanghai's wall clock as ISO with its offset (China has no summer time). */
export function fromLocalInput(value: string): string {
  return `${value.length === 16 ? `${value}:00` : value}+08:00`;
}

/** Shanghai's hour of the day now, 0-23. */
export function hourNow(now = platformNow()): number {
  return Number(wall(now).clock.slice(0, 2));
}

/** What is left until a moment: "2 天 3 小时", "3 小时 20 分", "14:09"; null once it is past. */
export function remaining(iso: string, now = platformNow()): string | null {
  const left = Date.parse(iso) - now;
  if (left <= 0) return null;
  const days = Math.floor(left / (24 * HOUR));
  const hours = Math.floor((left % (24 * HOUR)) / HOUR);
  const minutes = Math.floor((left % HOUR) / MINUTE);
  if (days > 0) return t.time.daysLeft(days, hours);
  if (hours > 0) return t.time.hoursLeft(hours, minutes);
  const seconds = Math.floor((left % MINUTE) / 1000);
  return `${String(minutes).padStart(2, "0")}:${String(seconds).padStart(2, "0")}`;
}

/** "11月25日 14:05": a moment that people agree on. */
export function onDay(iso: string, now = platformNow()): string {
  const at = wall(Date.parse(iso));
  return `${shortDay(at.day, wall(now).day)} ${at.clock}`;
}

/** The same for a calendar day, with its weekday: "11月20日 星期五". */
export function dayWithWeekday(day: string, now = platformNow()): string {
  const weekday = t.time.weekdays[new Date(`${day}T00:00:00Z`).getUTCDay()];
  return `${shortDay(day, wall(now).day)} ${weekday}`;
}

/** Yesterday in China, "2026-11-20": the latest day of which there are bills. */
export function dayBefore(now = platformNow()): string {
  return wall(now - 24 * HOUR).day;
}
