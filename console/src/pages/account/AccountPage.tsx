/** One's own login: the password, the second factor, and where one is signed in. */
import { useAccount } from "../../api/account";
import { Failure } from "../../parts/Failure";
import { Page } from "../../parts/Page";
import { Splash } from "../../parts/Splash";
import { t } from "../../texts";
import { Browsers } from "./Browsers";
import { Password } from "./Password";
import { SecondFactor } from "./SecondFactor";
import "./account.css";

function AccountPage() {
  const account = useAccount();
  if (account.error) return <Failure error={account.error} retry={() => void account.refetch()} />;
  if (!account.data) return <Splash />;
  return (
    <Page title={t.account.title} subtitle={`${account.data.username} · ${t.account.subtitle}`}>
      <div className="account">
        <SecondFactor isOn={account.data.has_second_factor} />
        <Password />
        <Browsers />
      </div>
    </Page>
  );
}

export { AccountPage as Component };
