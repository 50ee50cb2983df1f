/** Somebody came in with a password that was given to her: nothing else is open until she has chosen her own. */
import { Button } from "antd";
import { useLogout } from "../../api/queries";
import { t } from "../../texts";
import { Password } from "./Password";
import "./account.css";

export default function ChoosePassword() {
  const logout = useLogout();
  return (
    <main className="choose-password">
      <h1>{t.team.choose.title}</h1>
      <p className="quiet">{t.team.choose.hint}</p>
      <Password />
      <Button type="text" onClick={() => logout.mutate()}>
        {t.session.logout}
      </Button>
    </main>
  );
}
