/** An event's icon and tone, by its name; a name nobody foresaw falls back to its family, then to a dot. */
import {
  ApartmentOutlined,
  BellOutlined,
  CalculatorOutlined,
  CalendarOutlined,
  CarOutlined,
  CloseCircleOutlined,
  EnvironmentOutlined,
  EyeOutlined,
  FlagOutlined,
  LoginOutlined,
  MailOutlined,
  MobileOutlined,
  PayCircleOutlined,
  PhoneOutlined,
  PictureOutlined,
  RollbackOutlined,
  SafetyCertificateOutlined,
  SearchOutlined,
  ShareAltOutlined,
  TagOutlined,
  UserAddOutlined,
  UserSwitchOutlined,
  WechatOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";

const BY_NAME: Record<string, ReactNode> = {
  "customer.created": <UserAddOutlined />,
  "customer.logged_in": <LoginOutlined />,
  "customer.phone_bound": <MobileOutlined />,
  "customer.consent_given": <SafetyCertificateOutlined />,
  "customer.consent_withdrawn": <SafetyCertificateOutlined />,
  "customer.followed": <WechatOutlined />,
  "customer.unfollowed": <WechatOutlined />,
  "customer.contact_added": <WechatOutlined />,
  "customer.contact_ended": <WechatOutlined />,
  "share.opened": <EyeOutlined />,
  "vehicle.viewed": <EyeOutlined />,
  "order.cancelled": <CloseCircleOutlined />,
  "order.expired": <CloseCircleOutlined />,
  "lead.accepted": <UserSwitchOutlined />,
  "lead.assigned": <UserSwitchOutlined />,
  "lead.callback_promised": <PhoneOutlined />,
  "lead.test_drive_booked": <CalendarOutlined />,
};

const BY_FAMILY: Record<string, ReactNode> = {
  customer: <UserAddOutlined />,
  vehicle: <CarOutlined />,
  search: <SearchOutlined />,
  finance: <CalculatorOutlined />,
  poster: <PictureOutlined />,
  contact: <PhoneOutlined />,
  phone_call: <PhoneOutlined />,
  navigation: <EnvironmentOutlined />,
  reserve: <CarOutlined />,
  share: <ShareAltOutlined />,
  order: <CarOutlined />,
  deposit: <PayCircleOutlined />,
  payment: <PayCircleOutlined />,
  refund: <RollbackOutlined />,
  lead: <FlagOutlined />,
  message: <MailOutlined />,
  subscription: <BellOutlined />,
  tag: <TagOutlined />,
  journey: <ApartmentOutlined />,
  wechat: <WechatOutlined />,
};

const GOOD = /\.(succeeded|paid|accepted|delivered|converted|completed|test_drive_booked|followed)$/;
const BAD = /\.(cancelled|expired|failed|rejected|undelivered|unknown|mismatched|abnormal|erased|unfollowed|consent_withdrawn)$/;

export function iconOf(name: string): ReactNode {
  if (name === "deposit.refunded") return <RollbackOutlined />;
  return BY_NAME[name] ?? BY_FAMILY[name.split(".")[0] ?? ""] ?? <span className="moment-dot" />;
}

export function toneOf(name: string): "good" | "bad" | "plain" {
  if (BAD.test(name)) return "bad";
  return GOOD.test(name) ? "good" : "plain";
}
