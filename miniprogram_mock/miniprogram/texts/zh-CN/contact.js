/** What the drawer says in which she asks a dealer to call her. */
module.exports = {
  heading: '联系经销商',
  intro: '{store}的顾问会致电您，解答关于这辆车的问题。',
  introStore: '{store}的顾问会致电您，解答您的问题。',
  message: '想了解什么',
  placeholder: '选填，例如：落地价是多少？周末能看车吗？',
  suggestions: ['落地价多少？', '能到店看车吗？', '能置换吗？'],
  submit: '请顾问联系我',
  sending: '正在提交…',
  done: '已通知门店',
  adviser: '{dealer}的顾问{adviser}会尽快致电 {phone}。',
  dealer: '{dealer}会尽快致电 {phone}。',
  again: '再次提交不会重复打扰顾问，您补充的内容会一并转达。',
  close: '完成',
};
