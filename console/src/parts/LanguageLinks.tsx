/** The languages beside each other, for whoever cannot read the page that holds the switch. */
import { Button, Flex } from "antd";
import { chooseLanguage, language, LANGUAGES, nameOf } from "../lib/language";

export function LanguageLinks() {
  return (
    <Flex justify="center" gap="small">
      {LANGUAGES.map((one) => (
        <Button key={one} type="text" size="small" lang={one} aria-pressed={one === language} onClick={() => chooseLanguage(one)}>
          {nameOf(one)}
        </Button>
      ))}
    </Flex>
  );
}
