"""Trainings of other frameworks, recorded by their callbacks; each where it is installed."""

import os
import sys
from subprocess import run as run_program

import numpy as np
import pytest
import torch
from epochscope import Recorder
from epochscope.integrations.codes import CodeLog, evaluated
from epochscope.runs.format.run import Run

N = 90
X = torch.randn(N, 6, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def _runs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_RUNS", str(tmp_path / "runs"))


def recorder() -> Recorder:
    return Recorder("callback", x=X, k=3)


def stored(rec: Recorder) -> Run:
    run = Run(rec.run)
    assert run.status["state"] == "done"
    return run


def in_order(run: Run, codes: np.ndarray) -> None:
    """Whether the last codes are those of x in its own order."""
    last = len(run.epochs()) - 1
    np.testing.assert_allclose(run.array(last, "z"), codes[run.points()["index"]], atol=5e-3)


def test_codes_are_those_of_all_points_in_order_and_in_evaluation_mode():
    net, rec = torch.nn.Sequential(torch.nn.Linear(6, 2), torch.nn.Dropout(0.9)), recorder()
    log = CodeLog(rec, X, lambda model, batch: {"z": model(batch), "q": torch.full((len(batch), 3), 1 / 3)}, batch=7)
    evaluated(log, net, {"train_loss": torch.tensor(2.0), "lr": 0.1, "history": [1, 2], "name": "no number"})
    assert net.training
    rec.close()
    run = stored(rec)
    assert (run.epochs()[0]["losses"], run.epochs()[0]["measures"]) == ({"train_loss": 2.0}, {"lr": 0.1})
    in_order(run, net[0](X).detach().numpy())
    assert run.array(0, "q").shape == (N, 3)


def test_no_framework_is_imported_before_it_is_asked_for():
    code = (
        "import sys, epochscope.integrations as i\n"
        "assert not {'lightning', 'keras', 'transformers', 'torch'} & {*sys.modules}\n"
        "assert not hasattr(i, 'Nothing')"
    )
    run_program([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_lightning():
    lightning = pytest.importorskip("lightning")
    from epochscope.integrations import LightningCallback

    class Autoencoder(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = torch.nn.Linear(6, 2), torch.nn.Linear(2, 6)

        def training_step(self, batch, _):
            loss = ((self.decoder(self.encoder(batch[0])) - batch[0]) ** 2).mean()
            self.log("reconstruction_loss", loss, on_step=False, on_epoch=True)
            return loss

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=0.01)

    model, rec = Autoencoder(), recorder()
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "accelerator": "cpu"}
    callback = LightningCallback(rec, X, lambda module, batch: module.encoder(batch))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X), batch_size=30, shuffle=True)
    lightning.Trainer(max_epochs=3, callbacks=[callback], enable_model_summary=False, **quiet).fit(model, loader)
    run = stored(rec)
    assert len(run.epochs()) == 3
    assert run.epochs()[2]["measures"]["lr"] == 0.01
    assert run.epochs()[2]["losses"]["reconstruction_loss"] < run.epochs()[0]["losses"]["reconstruction_loss"]
    in_order(run, model.encoder(X).detach().numpy())


@pytest.mark.slow
def test_the_trainer_of_hugging_face(tmp_path):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    from epochscope.integrations import TrainerCallback

    class Autoencoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = torch.nn.Linear(6, 2), torch.nn.Linear(2, 6)

        def forward(self, points):
            return {"loss": ((self.decoder(self.encoder(points)) - points) ** 2).mean()}

    model, rec = Autoencoder(), recorder()
    settings = transformers.TrainingArguments(
        output_dir=str(tmp_path / "out"),
        num_train_epochs=3,
        per_device_train_batch_size=30,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        learning_rate=0.01,
    )
    callback = TrainerCallback(rec, X, lambda module, batch: module.encoder(batch))
    data = [{"points": point} for point in X]
    transformers.Trainer(model=model, args=settings, train_dataset=data, callbacks=[callback]).train()
    run = stored(rec)
    assert len(run.epochs()) == 3
    assert {"grad_norm", "learning_rate"} <= run.epochs()[2]["measures"].keys()
    assert "loss" in run.epochs()[2]["losses"]
    in_order(run, model.encoder(X).detach().numpy())


@pytest.mark.slow
def test_keras_on_torch(monkeypatch):
    monkeypatch.setitem(os.environ, "KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    from epochscope.integrations import KerasCallback

    encoder = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2)])
    model, rec = keras.Sequential([encoder, keras.layers.Dense(6)]), recorder()
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    callback = KerasCallback(rec, X, lambda model, batch: model.layers[0](batch, training=False))
    x = X.numpy()
    model.fit(x, x, epochs=3, batch_size=30, shuffle=True, verbose=0, callbacks=[callback])
    run = stored(rec)
    assert len(run.epochs()) == 3
    assert run.epochs()[0]["measures"]["lr"] == pytest.approx(0.01)
    assert run.epochs()[2]["losses"]["loss"] < run.epochs()[0]["losses"]["loss"]
    in_order(run, np.asarray(encoder.predict(x, verbose=0)))
