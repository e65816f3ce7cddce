"""An S3 server that verifies signatures: moto's, in a virtual environment below the build folder, fetched once by its pinned
version. Gives a bucket with the keys of a user who may use it."""
import json
import os
import subprocess
import time
import urllib.request
import venv

from base import BUILD, Child, free_port

VERSION = "moto[server,s3,iam]==5.1.4"
SETTING_UP = 4   # requests that are not verified: user, key, policy, bucket
MAKE = """
import boto3, json, sys
url = sys.argv[1]
def client(name, **keys):
    return boto3.client(name, region_name="us-east-1", endpoint_url=url, **keys)
new = {"aws_access_key_id": "setting", "aws_secret_access_key": "up"}
iam = client("iam", **new)
iam.create_user(UserName="yijianshi")
key = iam.create_access_key(UserName="yijianshi")["AccessKey"]
iam.put_user_policy(UserName="yijianshi", PolicyName="bucket", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}))
client("s3", **new).create_bucket(Bucket="materials")
print(json.dumps({"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}))
"""


def python():
    folder = f"{BUILD}/bucket-venv"
    made = f"{folder}/made-from"
    if not os.path.exists(made) or open(made, encoding="utf-8").read() != VERSION:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([f"{folder}/bin/pip", "--quiet", "--disable-pip-version-check", "install", VERSION], check=True, timeout=300)
        with open(made, "w", encoding="utf-8") as file:
            file.write(VERSION)
    return f"{folder}/bin/python"


class Bucket:
    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        env = dict(os.environ, INITIAL_NO_AUTH_ACTION_COUNT=str(SETTING_UP))
        self.server = Child("bucket", [python(), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)], f"{folder}/bucket.log", env)
        end = time.monotonic() + 30
        while not self.answers():
            assert time.monotonic() < end and self.server.lives(), self.server.log()
            time.sleep(0.1)
        done = subprocess.run([python(), "-c", MAKE, self.url], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        self.keys = json.loads(done.stdout)

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/moto-api/", timeout=2):
                return True
        except OSError:
            return False

    def ask(self, program):
        """Runs a piece of Python with `s3`, a client of the bucket's user; gives what it prints."""
        head = f"import boto3\ns3 = boto3.client('s3', region_name='us-east-1', endpoint_url='{self.url}', " \
               f"aws_access_key_id='{self.keys['key']}', aws_secret_access_key='{self.keys['secret']}')\n"
        done = subprocess.run([python(), "-c", head + program], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

