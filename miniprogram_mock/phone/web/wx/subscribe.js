/** `wx.requestSubscribeMessage`: only from a tap, at most three templates that exist; WeChat itself keeps the answers. */
import { Refusal, asynchronous } from './call.js'

const MOST = 3
const KEPT = 'subscribe-kept'

export function subscribeApis(phone, gesture) {
  const known = () => phone.accounts.find((account) => account.appid === phone.appid)?.subscribe_templates ?? []

  function templatesOf(ids) {
    if (!Array.isArray(ids) || !ids.length) throw new Refusal("TmplIds can't be empty", { errCode: 10001 })
    if (ids.some((id) => typeof id !== 'string')) throw new Refusal('Invalid template id', { errCode: 10004 })
    if (ids.length > MOST) throw new Refusal('Templates count out of max bounds', { errCode: 20003 })
    const found = ids.map((id) => known().find((template) => template.template_id === id))
    if (found.includes(undefined)) throw new Refusal('No template data return, verify the template id exist', { errCode: 20001 })
    return found.map(({ template_id: id, title }) => ({ id, title }))
  }

  /** Her answer to each: of two with one title only the first is asked; those she ticked to be kept are not asked again. */
  async function answered(templates) {
    const titles = new Set()
    const filtered = templates.filter(({ title }) => titles.size === titles.add(title).size).map(({ id }) => [id, 'filter'])
    const rest = templates.filter(({ id }) => !filtered.some(([other]) => other === id))
    const kept = phone.system.get(KEPT, {})
    const old = rest.filter(({ id }) => kept[id]).map(({ id }) => [id, kept[id].answer])
    const open = rest.filter(({ id }) => !kept[id])
    if (!open.length) return Object.fromEntries([...filtered, ...old])
    const told = await phone.shell.subscribe(open)
    // The mini-program was left while the question stood.
    if (!told) throw new Refusal('Cannot show subscribe message UI', { errCode: 10005 })
    const { answers, always } = told
    if (always) phone.system.set(KEPT, { ...kept, ...Object.fromEntries(open.map(({ id, title }) => [id, { title, answer: answers[id] }])) })
    return { ...Object.fromEntries([...filtered, ...old]), ...answers }
  }

  return asynchronous(phone, {
    async requestSubscribeMessage({ tmplIds }) {
      if (!gesture.isOpen) throw new Refusal('can only be invoked by user TAP gesture.')
      const templates = templatesOf(tmplIds)
      if (phone.settings.subscribe === 'off') throw new Refusal('The main switch is switched off', { errCode: 20004 })
      if (phone.settings.network === 'offline') throw new Refusal('Request list fail', { errCode: 10002 })
      const answers = await answered(templates)
      const told = Object.entries(answers).map(([template_id, answer]) => ({ template_id, answer }))
      try {
        await phone.sim('POST', `/users/${phone.person.id}/subscribe`, { appid: phone.appid, answers: told })
      } catch {
        throw new Refusal('Request subscribe fail', { errCode: 10003 })
      }
      return answers
    },
  })
}
