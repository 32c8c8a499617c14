from epochscope.api.estimators import AAE as AAE
from epochscope.api.estimators import AEGMM as AEGMM
from epochscope.api.estimators import DASC as DASC
from epochscope.api.estimators import DCAN as DCAN
from epochscope.api.estimators import DCC as DCC
from epochscope.api.estimators import DCGMM as DCGMM
from epochscope.api.estimators import DEC as DEC
from epochscope.api.estimators import DGG as DGG
from epochscope.api.estimators import DKM as DKM
from epochscope.api.estimators import GAN as GAN
from epochscope.api.estimators import IDEC as IDEC
from epochscope.api.estimators import IMSAT as IMSAT
from epochscope.api.estimators import AEKMeans as AEKMeans
from epochscope.api.estimators import FreeW as FreeW
from epochscope.api.estimators import GaussianMixture as GaussianMixture
from epochscope.api.estimators import KMeans as KMeans
from epochscope.api.estimators import SoftKMeans as SoftKMeans
from epochscope.api.estimators import SpectralNet as SpectralNet
from epochscope.api.estimators import VaDE as VaDE
from epochscope.api.estimators import estimator as estimator
from epochscope.api.run import TrainedRun as TrainedRun
from epochscope.api.stored import load as load
from epochscope.api.train import TrainingError as TrainingError
from epochscope.api.train import train as train
from epochscope.recorder import Recorder as Recorder
from epochscope.types import EpochscopeError as EpochscopeError

__version__: str
