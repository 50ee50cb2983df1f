// A helper in another file that defines the page: Page must still know whose page it is.
module.exports = (definition) => Page({ ...definition, helped: true })
