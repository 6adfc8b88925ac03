"""Client: against the service at GRADCLINIC_URL, and against one that asks for patience."""
import json
import os
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer

import gradclinic

EXPERIMENT = {
    "name": "tiny",
    "network": {"input": {"shape": [2]}, "layers": [{"type": "dense", "units": 4, "activation": "tanh"},
                                                      {"type": "dense", "units": 2}]},
    "data": {"type": "blobs", "samples": 60, "centers": 2},
    "training": {"loss": "softmax_cross_entropy", "optimizer": {"type": "adam", "learning_rate": 0.05},
                 "batch_size": 16, "steps": 40},
    "remedies": {"verify": False},
}  # fmt: skip


class WithService(unittest.TestCase):
    client = gradclinic.Client()

    def test_a_job_from_submission_to_report(self):
        seen = []
        job = self.client.submit(EXPERIMENT)
        job.wait(timeout=60, progress=lambda one: seen.append(one.fraction))
        self.assertEqual(job.status, "succeeded")
        report = job.result()
        self.assertIn(report.verdict, ("healthy", "unhealthy", "inconclusive"))
        self.assertGreater(len(report.checks), 15)
        self.assertEqual(report.experiment["name"], "tiny")
        with tempfile.TemporaryDirectory() as folder:
            path = job.report(os.path.join(folder, "out.html"))
            with open(path, encoding="utf-8") as file:
                self.assertIn("<html", file.read())
        self.assertIn(job.id, job._repr_html_())
        self.assertIn(job.id, [one.id for one in self.client.jobs()])
        self.assertEqual(self.client.job(job.id).status, "succeeded")
        rows = job.statistics(run="baseline/0", layer="dense_1", tensor="kernel.gradient", metric="rms")
        self.assertGreater(len(rows), 2)
        self.assertEqual(rows[0]["metric"], "rms")
        try:
            import numpy
        except ImportError:
            numpy = None
        if numpy is not None:
            steps, values = rows.to_numpy()
            self.assertEqual(steps[0], 0)
            self.assertTrue((values > 0).all())
        job.delete()
        with self.assertRaises(gradclinic.ApiError) as caught:
            self.client.job(job.id)
        self.assertEqual(caught.exception.status, 404)

    def test_the_same_key_is_the_same_job(self):
        first = self.client.submit(EXPERIMENT, idempotency_key="python-1")
        self.assertEqual(self.client.submit(EXPERIMENT, idempotency_key="python-1").id, first.id)
        self.assertNotEqual(self.client.submit(EXPERIMENT).id, first.id)

    def test_what_is_refused_says_where_and_how_to_mend_it(self):
        wrong = json.loads(json.dumps(EXPERIMENT))
        wrong["network"]["layers"][0]["activation"] = "rellu"
        with self.assertRaises(gradclinic.ApiError) as caught:
            self.client.submit(wrong)
        error = caught.exception
        self.assertEqual((error.status, error.code), (422, "validation_failed"))
        self.assertEqual(error.errors[0].pointer, "/network/layers/0/activation")
        self.assertIn("/network/layers/0/activation", str(error))

    def test_a_canceled_job_has_no_report(self):
        endless = {**EXPERIMENT, "training": {**EXPERIMENT["training"], "steps": 1_000_000},
                   "diagnostics": {"probe_every": 10_000}}  # fmt: skip
        job = self.client.submit(endless).cancel().wait(60, progress=False)
        with self.assertRaisesRegex(gradclinic.JobFailed, "canceled"):
            job.result()

    def test_files_of_every_kind_of_data(self):
        table = b"size,price\n" + b"".join(b"%d,%d\n" % (i, 2 * i) for i in range(20))
        file = self.client.upload(table, "house.csv")
        self.assertEqual(file.kind, "table")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "house.csv")
            with open(path, "wb") as out:
                out.write(table)
            self.assertEqual(self.client.upload(path).id, file.id)
        self.assertIn(file.id, [one.id for one in self.client.files()])

        class Frame:  # the protocol of a pandas data frame
            def to_csv(self, out, index):
                assert index is False
                out.write(table.decode())

        self.assertEqual(self.client.upload(Frame(), "house.csv").id, file.id)
        try:
            import numpy
        except ImportError:
            numpy = None
        if numpy is not None:
            arrays = self.client.upload({"x": numpy.zeros((4, 2), "float32"), "y": numpy.arange(4)})
            self.assertEqual(arrays.kind, "arrays")
            self.client.delete_file(arrays.id)
        with self.assertRaises(TypeError):
            self.client.upload(3)

    def test_the_catalogue(self):
        self.assertIn("relu", json.dumps(self.client.catalog("activations")))


class Busy(BaseHTTPRequestHandler):
    """Refuses twice, then answers."""

    requests: list = []

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        Busy.requests.append(self.headers["idempotency-key"])
        late = len(Busy.requests) > 2
        self.send_response(202 if late else 429)
        self.send_header("retry-after", "0")
        self.end_headers()
        self.wfile.write(b'{"id":"job_1","status":"queued"}' if late else b'{"code":"rate_limited","detail":"slow"}')

    def log_message(self, *_):
        pass


class WithoutService(unittest.TestCase):
    def test_retry_after_is_obeyed_with_one_key(self):
        Busy.requests = []
        server = HTTPServer(("127.0.0.1", 0), Busy)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            self.assertEqual(gradclinic.Client(url).submit(EXPERIMENT).id, "job_1")
            self.assertEqual(len(Busy.requests), 3)
            self.assertEqual(len(set(Busy.requests)), 1)
            Busy.requests = []
            with self.assertRaisesRegex(gradclinic.ApiError, "429 rate_limited: slow"):
                gradclinic.Client(url, retries=0).submit(EXPERIMENT)
        finally:
            server.shutdown()
            server.server_close()

    def test_nobody_answers(self):
        with self.assertRaisesRegex(gradclinic.ConnectionFailed, "is the service running"):
            gradclinic.Client("http://127.0.0.1:9", retries=0).catalog()
        with self.assertRaisesRegex(ValueError, "http"):
            gradclinic.Client("127.0.0.1:8080")

    def test_what_was_not_finite_is_told(self):
        rows = gradclinic.Statistics([{"step": 3, "value": None, "non_finite": {"value": "-inf"}}])
        self.assertEqual(gradclinic.results.finite_or_not(rows[0]), float("-inf"))

    def test_every_root_is_told(self):
        checks = tuple(
            gradclinic.results.check_of({"rule": rule, "status": "found", "severity": severity, "caused_by": by})
            for rule, severity, by in (("a", "critical", []), ("b", "warning", []), ("c", "critical", ["a"]), ("d", "info", []))
        )
        told = gradclinic.results.Diagnosis("unhealthy", checks, (), {"root_cause": "a"})
        self.assertEqual([one.rule for one in told.other_roots], ["b"])
        self.assertIn("root cause: a\nbesides: b\n", str(told))


if __name__ == "__main__":
    unittest.main()
