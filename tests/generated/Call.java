import java.io.File;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.CutoutdApi;
import org.openapitools.client.model.FileResponse;

/**
 * Calls through the client that openapi-generator wrote. It sends no form whose optional files are left out (it fails
 * before it asks), so what it can be asked for here is an upload, the models, and what is refused.
 */
public class Call {
  public static void main(String[] words) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(words[0]);
    client.setRequestInterceptor(ask -> ask.header("Authorization", "Bearer " + words[1]));
    CutoutdApi api = new CutoutdApi(client);

    FileResponse kept = api.uploadFile(new File(words[2]));
    require(kept.getId().length() > 20, "no id");
    require(!api.listModels().getModels().isEmpty(), "no models");
    api.deleteFile(kept.getId());
    try {
      api.getJob("999999", null);
      require(false, "a job that is not there was not refused");
    } catch (ApiException refused) {
      require(refused.getCode() == 404, refused.getMessage());
    }
  }

  private static void require(boolean met, String complaint) {
    if (!met) throw new AssertionError(complaint);
  }
}
