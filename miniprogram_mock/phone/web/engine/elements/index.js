/** Makes the framework's elements known to the browser. */
import { View, Text, PageMeta, Progress, RichText, Label } from './simple.js'
import { imageFor } from './image.js'
import { ScrollView, SwiperItem, swiperFor } from './scroll.js'
import { Checkbox, Form, Group, Radio, Slider, Switch, Textarea, buttonFor, inputFor, navigatorFor } from './controls.js'
import { Canvas, pickerFor } from './picker.js'

/** Elements that are boxes for what is inside them. */
const BOXES = ['form', 'icon', 'cover-view', 'movable-area', 'movable-view', 'navigation-bar', 'root-portal']

export function defineElements(phone) {
  const made = {
    view: View, text: Text, 'page-meta': PageMeta, progress: Progress, 'rich-text': RichText, label: Label, image: imageFor(phone), 'cover-image': class extends imageFor(phone) {},
    'scroll-view': ScrollView, swiper: swiperFor(phone), 'swiper-item': SwiperItem, button: buttonFor(phone), input: inputFor(phone), textarea: Textarea, switch: Switch,
    checkbox: Checkbox, 'checkbox-group': class extends Group {}, radio: Radio, 'radio-group': class extends Group {}, slider: Slider, form: Form,
    navigator: navigatorFor(phone), picker: pickerFor(phone), canvas: Canvas,
  }
  for (const name of BOXES) made[name] ??= class extends View {}
  for (const [name, element] of Object.entries(made)) if (!customElements.get(`wx-${name}`)) customElements.define(`wx-${name}`, element)
}
