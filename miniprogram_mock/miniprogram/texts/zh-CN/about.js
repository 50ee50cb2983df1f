/** What the page about the mini-program says, with the terms of its service. */
module.exports = {
  version: '版本 {version}',
  service: '服务条款',
  /** Of the terms below; changed with them. */
  termsVersion: '2026-11',
  serviceVersion: '条款版本 {version}',
  development: '开发版',
  trial: '体验版',
  tester: { title: '员工试走', placeholder: '控制台里显示的码', bound: '已绑定，{name} 的旅程会在您身上试走' },
  sections: [
    {
      title: '这是什么',
      text: '本小程序由品牌方提供，用于浏览在售车辆、联系门店，以及以意向金预订看中的车辆。浏览无需登录，也无需提供手机号。',
    },
    {
      title: '车辆信息',
      text: '车价、里程、配置等信息由车辆所在的经销商提供并负责更新。金融方案为示例，以金融机构审批为准；购车条件以您与经销商签订的合同为准。',
    },
    {
      title: '预订与意向金',
      text: '意向金用于独家保留车辆，不是定金，不适用定金罚则。保留期内可随时取消，意向金全额原路退回。完整约定见预订时展示的《意向金条款》，您同意的版本会保存在订单中。',
    },
    {
      title: '公平使用',
      text: '每位用户同时可保留的车辆数量有限，请勿以程序或他人名义批量占用车辆。',
    },
    {
      title: '条款变更',
      text: '条款更新时会更换版本号；涉及您权利的变更，会在您下一次预订前请您重新阅读并同意。',
    },
  ],
};
