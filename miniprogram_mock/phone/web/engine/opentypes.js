/** What `<button open-type>` asks of WeChat, and the events that answer. */

export function createOpenTypes(phone) {
  const answers = {
    getPhoneNumber: async (button) => button.fire('getphonenumber', await phone.phoneNumber()),
    share: (button) => phone.shell.share({ from: 'button', target: button.__wxElement }),
    contact: (button) => phone.shell.contact().then(() => button.fire('contact', { errMsg: 'enterContact:ok', path: '', query: {} })),
    agreePrivacyAuthorization(button) {
      phone.emit('privacy:agree', button.__wxElement?.id)
      button.fire('agreeprivacyauthorization', { errMsg: 'agreePrivacyAuthorization:ok' })
    },
    openSetting: (button) => phone.wx.openSetting().then((answer) => button.fire('opensetting', answer)),
    chooseAvatar: (button) => button.fire('chooseavatar', { avatarUrl: '' }),
  }
  return (type, button) => {
    phone.log('wx', { api: `open-type=${type}` })
    if (answers[type]) return answers[type](button)
    return phone.log('warning', { message: `open-type="${type}" is not simulated` })
  }
}
