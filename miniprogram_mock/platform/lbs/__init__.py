"""Tencent Location Service (腾讯位置服务, WebService API): reverse geocoding, and where an address in the internet is."""

# The one key there is, as its console shows it, and the secret key (SK) that its calls are signed with.
KEY, SECRET = "SIMUL-ATEDK-EYOFT-HELOC-ATION-SERVI", "SimulatedSecretKeyOfLocations001"
