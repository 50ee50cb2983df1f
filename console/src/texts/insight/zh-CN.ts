/** The words of the pages of insight; what the steps are called and mean comes with the figures. */

const count = (n: number) => n.toLocaleString("zh-CN");

export const insight = {
  title: "洞察",
  subtitle: "从看车到成交，每一步有多少人",
  since: "开始日期",
  until: "结束日期",
  store: "全部门店",
  series: "全部车型",
  channel: "全部渠道",
  by: { channel: "按渠道", store: "按门店", series: "按车型", day: "按日", week: "按周", month: "按月" } as Record<string, string>,
  byLabel: "分组",
  part: { channel: "渠道", store: "门店", series: "车型", day: "日期", week: "周（从周一起）", month: "月份" } as Record<string, string>,
  people: (n: number) => `${count(n)} 人`,
  count,
  ofFirst: (percent: string) => `占看车 ${percent}`,
  means: "怎么算",
  counting: "所选日期内，同一个人在每一步只计一次；每一步单独计数，不要求先走过前一步，所以后一步可能比前一步多。",
  parts: "同一个人出现在多个分组时，每组各计一次，所以各组相加可能大于总数。",
  channels: "渠道是这一步之前 30 天内最后一次把她带来的活动二维码或分享；都没有就算自然到访。",
  readUntil: "统计到",
  empty: "这段时间还没有人走到任何一步",
  emptyHint: "客户登录小程序后看车、收藏、留资、付意向金或成交，几分钟后就会计入这里。换一段日期，或清除筛选再看看。",
  behind: (step: string) => `${step}的人`,
  nobody: "没有可以查看的人",
  nobodyHint: "门店只能看到成为自己线索或在自己这里下过单的客户。",
};
